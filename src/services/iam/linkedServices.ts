/**
 * Services with service-linked roles: the role's name behind `AWSServiceRoleFor`, its managed policy under
 * `/aws-service-role/`, and whether the service takes custom suffixes. Service principals without `.amazonaws.com`.
 * Source: each service's guide, "Using service-linked roles".
 */
export interface LinkedService {
  readonly role: string;
  readonly policy: string;
  readonly suffix: boolean;
}

const TABLE = `
  access-analyzer                        AccessAnalyzer                              AccessAnalyzerServiceRolePolicy
  accountdiscovery.ssm                   AmazonSSM_AccountDiscovery                  AWSSystemsManagerAccountDiscoveryServicePolicy
  acm                                    CertificateManager                          CertificateManagerServiceRolePolicy
  agentless.inspector2                   AmazonInspector2Agentless                   AmazonInspector2AgentlessServiceRolePolicy
  apidestinations.events                 AmazonEventBridgeApiDestinations            AmazonEventBridgeApiDestinationsServiceRolePolicy
  appmesh                                AppMesh                                     AWSAppMeshServiceRolePolicy
  appsync                                AppSync                                     AWSAppSyncServiceRolePolicy
  auditmanager                           AuditManager                                AWSAuditManagerServiceRolePolicy
  autoscaling                            AutoScaling                                 AutoScalingServiceRolePolicy  suffix
  autoscaling-plans                      AutoScalingPlans_EC2AutoScaling             AWSAutoScalingPlansEC2AutoScalingPolicy
  backup                                 Backup                                      AWSBackupServiceLinkedRolePolicyForBackup
  batch                                  Batch                                       BatchServiceRolePolicy
  braket                                 AmazonBraket                                AmazonBraketServiceRolePolicy
  cassandra.application-autoscaling      ApplicationAutoScaling_CassandraTable       AWSApplicationAutoscalingCassandraTablePolicy
  cks.kms                                KeyManagementServiceCustomKeyStores         AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy
  cloud9                                 AWSCloud9                                   AWSCloud9ServiceRolePolicy
  cloudhsm                               CloudHSM                                    CloudHSMServiceRolePolicy
  cloudtrail                             CloudTrail                                  CloudTrailServiceRolePolicy
  cloudwatch-crossaccount                CloudWatchCrossAccount                      CloudWatch-CrossAccountAccess
  codestar-notifications                 CodeStarNotifications                       AWSCodeStarNotificationsServiceRolePolicy
  compute-optimizer                      ComputeOptimizer                            ComputeOptimizerServiceRolePolicy
  config                                 Config                                      AWSConfigServiceRolePolicy
  config-conforms                        ConfigConforms                              ConfigConformsServiceRolePolicy
  config-multiaccountsetup               ConfigMultiAccountSetup                     AWSConfigMultiAccountSetupPolicy
  connect                                AmazonConnect                               AmazonConnectServiceLinkedRolePolicy  suffix
  controltower                           AWSControlTower                             AWSControlTowerAccountServiceRolePolicy
  dax                                    DAX                                         DAXServiceRolePolicy
  delivery.logs                          LogDelivery                                 AWSServiceRoleForLogDeliveryPolicy
  detective                              Detective                                   AmazonDetectiveServiceLinkedRolePolicy
  dms                                    DMSServerless                               AWSDMSServerlessServiceRolePolicy
  dms-fleet-advisor                      DMSFleetAdvisor                             AWSDMSFleetAdvisorServiceRolePolicy
  dynamodb.application-autoscaling       ApplicationAutoScaling_DynamoDBTable        AWSApplicationAutoscalingDynamoDBTablePolicy
  ec2-instance-connect                   EC2InstanceConnect                          Ec2InstanceConnectEndpoint
  ec2.application-autoscaling            ApplicationAutoScaling_EC2SpotFleetRequest  AWSApplicationAutoscalingEC2SpotFleetRequestPolicy
  ec2fleet                               EC2Fleet                                    AWSEC2FleetServiceRolePolicy
  ecr                                    ECRTemplate                                 ECRTemplateServiceRolePolicy
  ecs                                    ECS                                         AmazonECSServiceRolePolicy
  ecs.application-autoscaling            ApplicationAutoScaling_ECSService           AWSApplicationAutoscalingECSServicePolicy
  eks                                    AmazonEKS                                   AmazonEKSServiceRolePolicy
  eks-fargate                            AmazonEKSForFargate                         AmazonEKSForFargateServiceRolePolicy
  eks-nodegroup                          AmazonEKSNodegroup                          AWSServiceRoleForAmazonEKSNodegroup
  elasticache                            ElastiCache                                 ElastiCacheServiceRolePolicy
  elasticbeanstalk                       ElasticBeanstalk                            AWSElasticBeanstalkServiceRolePolicy
  elasticfilesystem                      AmazonElasticFileSystem                     AmazonElasticFileSystemServiceRolePolicy
  elasticloadbalancing                   ElasticLoadBalancing                        AWSElasticLoadBalancingServiceRolePolicy
  email.cognito-idp                      AmazonCognitoIdpEmailService                AmazonCognitoIdpEmailServiceRolePolicy
  emr-containers                         AmazonEMRContainers                         AmazonEMRContainersServiceRolePolicy
  es                                     AmazonElasticsearchService                  AmazonElasticsearchServiceRolePolicy
  event-processor.health                 Health_EventProcessor                       AWSHealth_EventProcessorServiceRolePolicy
  events                                 CloudWatchEvents                            CloudWatchEventsServiceRolePolicy
  fis                                    FIS                                         AmazonFISServiceRolePolicy
  fms                                    FMS                                         FMSServiceRolePolicy
  fsx                                    AmazonFSx                                   AmazonFSxServiceRolePolicy
  globalaccelerator                      GlobalAccelerator                           AWSGlobalAcceleratorSLRPolicy
  grafana                                AmazonGrafana                               AmazonGrafanaServiceLinkedRolePolicy
  guardduty                              AmazonGuardDuty                             AmazonGuardDutyServiceRolePolicy
  imagebuilder                           ImageBuilder                                AWSServiceRoleForImageBuilder
  inspector                              AmazonInspector                             AmazonInspectorServiceRolePolicy
  inspector2                             AmazonInspector2                            AmazonInspector2ServiceRolePolicy
  ipam                                   IPAM                                        AWSIPAMServiceRolePolicy
  kafka                                  Kafka                                       KafkaServiceRolePolicy
  kafkaconnect                           KafkaConnect                                KafkaConnectServiceRolePolicy
  lakeformation                          LakeFormationDataAccess                     LakeFormationDataAccessServiceRolePolicy
  lambda.application-autoscaling         ApplicationAutoScaling_LambdaConcurrency    AWSApplicationAutoscalingLambdaConcurrencyPolicy
  lex                                    LexBots                                     LexBotPolicy
  lexv2                                  LexV2Bots                                   AmazonLexV2BotPolicy  suffix
  license-manager                        AWSLicenseManagerRole                       AWSLicenseManagerServiceRolePolicy
  lightsail                              Lightsail                                   LightsailExportAccess
  logger.cloudfront                      CloudFrontLogger                            AWSCloudFrontLogger
  m2                                     AWSM2                                       AWSM2ServicePolicy
  macie                                  AmazonMacie                                 AmazonMacieServiceRolePolicy
  malware-protection.guardduty           AmazonGuardDutyMalwareProtection            AmazonGuardDutyMalwareProtectionServiceRolePolicy
  management.chatbot                     AWSChatbot                                  AWSChatbotServiceLinkedRolePolicy
  member.org.stacksets.cloudformation    CloudFormationStackSetsOrgMember            CloudFormationStackSetsOrgMemberServiceRolePolicy
  memorydb                               MemoryDB                                    MemoryDBServiceRolePolicy
  mq                                     AmazonMQ                                    AmazonMQServiceRolePolicy
  mrk.kms                                KeyManagementServiceMultiRegionKeys         AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy
  network-firewall                       NetworkFirewall                             AWSNetworkFirewallServiceRolePolicy
  networkmanager                         NetworkManager                              AWSNetworkManagerServiceRolePolicy
  notifications                          AwsUserNotifications                        AWSUserNotificationsServiceLinkedRolePolicy
  observability.aoss                     AmazonOpenSearchServerless                  AmazonOpenSearchServerlessServiceRolePolicy
  opensearchservice                      AmazonOpenSearchService                     AmazonOpenSearchServiceRolePolicy
  ops.apigateway                         APIGateway                                  APIGatewayServiceRolePolicy
  ops.emr-serverless                     AmazonEMRServerless                         AmazonEMRServerlessServiceRolePolicy
  opsdatasync.ssm                        SystemsManagerOpsDataSync                   AWSSystemsManagerOpsDataSyncServiceRolePolicy
  opsinsights.ssm                        AmazonSSM_OpsInsights                       AWSSSMOpsInsightsServiceRolePolicy
  organizations                          Organizations                               AWSOrganizationsServiceTrustPolicy
  osis                                   AmazonOpenSearchIngestionService            AmazonOpenSearchIngestionServiceRolePolicy
  pullthroughcache.ecr                   ECRPullThroughCache                         AWSECRPullThroughCache_ServiceRolePolicy
  ram                                    ResourceAccessManager                       AWSResourceAccessManagerServiceRolePolicy
  rds                                    RDS                                         AmazonRDSServiceRolePolicy
  rds.application-autoscaling            ApplicationAutoScaling_RDSCluster           AWSApplicationAutoscalingRDSClusterPolicy
  redshift                               Redshift                                    AmazonRedshiftServiceLinkedRolePolicy
  remediation.config                     ConfigRemediation                           AWSConfigRemediationServiceRolePolicy
  replication.cassandra                  KeyspacesReplication                        KeyspacesReplicationServiceRolePolicy
  replication.dynamodb                   DynamoDBReplication                         DynamoDBReplicationServiceRolePolicy
  replication.ecr                        ECRReplication                              ECRReplicationServiceRolePolicy
  replicator.lambda                      LambdaReplicator                            AWSLambdaReplicator
  reporting.trustedadvisor               TrustedAdvisorReporting                     AWSTrustedAdvisorReportingServiceRolePolicy
  repository.sync.codeconnections        GitSync                                     AWSGitSyncServiceRolePolicy
  resource-explorer-2                    ResourceExplorer                            AWSResourceExplorerServiceRolePolicy
  rolesanywhere                          RolesAnywhere                               AWSRolesAnywhereServicePolicy
  route53resolver                        Route53Resolver                             Route53ResolverServiceRolePolicy
  s3-outposts                            AWSS3OnOutposts                             AWSS3OnOutpostsServiceRolePolicy
  sagemaker.application-autoscaling      ApplicationAutoScaling_SageMakerEndpoint    AWSApplicationAutoscalingSageMakerEndpointPolicy
  securityhub                            SecurityHub                                 AWSSecurityHubServiceRolePolicy
  securitylake                           SecurityLake                                SecurityLakeServiceLinkedRole
  servicequotas                          ServiceQuotas                               ServiceQuotasServiceRolePolicy
  ses                                    AmazonSES                                   AmazonSESServiceRolePolicy
  shield                                 AWSShield                                   AWSShieldServiceRolePolicy
  spot                                   EC2Spot                                     AWSEC2SpotServiceRolePolicy
  spotfleet                              EC2SpotFleet                                AWSEC2SpotFleetServiceRolePolicy
  ssm                                    AmazonSSM                                   AmazonSSMServiceRolePolicy
  ssm-incidents                          IncidentManager                             AWSIncidentManagerServiceRolePolicy
  ssm-quicksetup                         SSMQuickSetup                               SSMQuickSetupRolePolicy
  sso                                    SSO                                         AWSSSOServiceRolePolicy
  stacksets.cloudformation               CloudFormationStackSetsOrgAdmin             CloudFormationStackSetsOrgAdminServiceRolePolicy
  storage-lens.s3                        S3StorageLens                               S3StorageLensServiceRolePolicy
  support                                Support                                     AWSSupportServiceRolePolicy
  transitgateway                         VPCTransitGateway                           AWSVPCTransitGatewayServiceRolePolicy
  trustedadvisor                         TrustedAdvisor                              AWSTrustedAdvisorServiceRolePolicy
  vpcorigin.cloudfront                   CloudFrontVPCOrigin                         AWSCloudFrontVPCOriginServiceRolePolicy
  waf                                    WAFLogging                                  WAFLoggingServiceRolePolicy
  waf-regional                           WAFRegionalLogging                          WAFRegionalLoggingServiceRolePolicy
  wafv2                                  WAFV2Logging                                WAFV2LoggingServiceRolePolicy
`;

export const linkedServices: ReadonlyMap<string, LinkedService> = new Map(
  TABLE.trim()
    .split('\n')
    .map((line) => {
      const [service, role, policy, suffix] = line.trim().split(/\s+/) as [string, string, string, string?];
      const linked = { role: `AWSServiceRoleFor${role}`, policy, suffix: suffix === 'suffix' };
      return [`${service}.amazonaws.com`, linked] as const;
    }),
);
